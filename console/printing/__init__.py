"""What is printed: PDF with a font embedded, QR codes, door plates, printouts of incidents."""

"""What people see: values in, text out."""

"""What is right: operands, reference kernels, error bounds and the comparison."""

"""What a case is: geometry, attributes, case files, known deviations. Needs neither numpy nor TensorFlow."""

"""TensorFlow's paths to the operator: the only place that imports TensorFlow."""

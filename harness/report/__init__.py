"""From records to what people read. Imports neither numpy nor TensorFlow: pages are made again from files alone."""

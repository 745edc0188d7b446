"""TFLite's TRANSPOSE_CONV turns an infinity into the largest float."""

import numpy as np
import tensorflow as tf


@tf.function(input_signature=[tf.TensorSpec([1, 1, 1, 1]), tf.TensorSpec([1, 1, 1, 1])])
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 1, 1, 1], filter=filter, out_backprop=out_backprop, strides=[1, 1, 1, 1], padding="VALID"
    )


model = tf.lite.TFLiteConverter.from_concrete_functions([op.get_concrete_function()]).convert()
interpreter = tf.lite.Interpreter(model_content=model)
interpreter.allocate_tensors()
for detail in interpreter.get_input_details():
    value = np.inf if "out_backprop" in detail["name"] else 1
    interpreter.set_tensor(detail["index"], np.full((1, 1, 1, 1), value, np.float32))
interpreter.invoke()
actual = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).item()
print("expected inf")
print("actual  ", actual)
raise SystemExit(int(actual != np.inf))

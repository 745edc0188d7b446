"""TFLite's TRANSPOSE_CONV leaves its result unset where out_backprop is empty: what lay in memory comes out."""

import numpy as np
import tensorflow as tf


@tf.function(input_signature=[tf.TensorSpec([3, 2, 1, 1]), tf.TensorSpec([1, 0, 1, 1])])
def op(filter, out_backprop):
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[1, 2, 32, 1], filter=filter, out_backprop=out_backprop, strides=[1, 3, 33, 1], padding="VALID"
    )


model = tf.lite.TFLiteConverter.from_concrete_functions([op.get_concrete_function()]).convert()
for _ in range(20):
    interpreter = tf.lite.Interpreter(model_content=model)
    try:
        interpreter.allocate_tensors()
    except RuntimeError as error:  # an empty operand is refused: no result is wrong
        print("actual  ", error)
        raise SystemExit(0) from None
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ones((3, 2, 1, 1), np.float32))
    interpreter.invoke()
    actual = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    if actual.any():
        break
print("expected zeros")
print("actual  ", actual.ravel()[:4].tolist(), "...")
raise SystemExit(int(actual.any()))

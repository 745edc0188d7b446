"""With oneDNN on, calls are accepted that contradict themselves; without it each is an InvalidArgumentError."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import tensorflow as tf

right = {"input_sizes": [1, 5, 6, 2], "filter": [3, 3, 2, 4], "out_backprop": [1, 3, 4, 4]}
calls = {
    "no images in out_backprop, one in input_sizes": {"out_backprop": [0, 3, 4, 4]},
    "no rows in out_backprop where VALID has 3": {"out_backprop": [1, 0, 4, 4]},
    "a batch of -1": {"input_sizes": [-1, 5, 6, 2]},
    "no columns in input_sizes where out_backprop has 4": {"input_sizes": [1, 5, 0, 2]},
    "a filter of 2 dimensions, no images": {"filter": [3, 3], "out_backprop": [0, 3, 4, 4]},
    "explicit_paddings under VALID": {"explicit_paddings": [0, 0, 1, 1, 1, 1, 0, 0]},
}
accepted = []
for what, change in calls.items():
    call = right | change
    explicit = call.pop("explicit_paddings", [])
    try:
        tf.raw_ops.Conv2DBackpropInput(
            input_sizes=call["input_sizes"],
            filter=tf.ones(call["filter"]),
            out_backprop=tf.ones(call["out_backprop"]),
            strides=[1, 1, 1, 1],
            padding="VALID",
            explicit_paddings=explicit,
        )
    except (tf.errors.InvalidArgumentError, ValueError):
        continue
    accepted.append(what)
print("expected InvalidArgumentError for each")
print("\n".join(f"actual   accepted: {what}" for what in accepted))
raise SystemExit(int(bool(accepted)))

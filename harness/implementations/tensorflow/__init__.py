"""TensorFlow's paths to the operator: the only place that imports TensorFlow, or says what is special about it."""

FRAMEWORK = {
    "package": "tensorflow",
    "facts": "facts:facts",
    # oneDNN is off where a path does not switch it on: its kernels are paths of their own.
    "environment": {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "0"},
    "threads": ["TF_NUM_INTRAOP_THREADS"],
    "wording": {
        # The op's own message comes wrapped in the names of a function node, of the op and of Keras's layer.
        "decoration": [
            r"^Graph execution error:.*File \"[^\"]*\", line \d+, in \S+\n\n",
            r"(\x1b\[\d+m)*\{\{function_node .*?\}\} (\x1b\[\d*m)*",
            r"^Exception encountered when calling [^\n]*\n\n",
            r"\n\nArguments received by .*$",
            r" \[Op:\w+\] name:.*$",
            r"\n\t \[\[.*$",
            r"\n\nStack trace for op definition.*$",
        ],
        # What is always said at the start, what oneDNN says of itself, and frames without symbols.
        "noise": [
            r"[IWE] .*(cuda|cpu_feature_guard|port\.cc|service\.cc|device_compiler\.cc)",
            r"WARNING: All log",
            r"To enable the",
            r"onednn_verbose",
            r"\s+@ +0x",
            r"\*\*\* ",
        ],
        # Time and process; up to 2.20 the time came first, and the whole path.
        "stamp": [
            r"^([IWEF])\d{4} [\d:.]+ +\d+ ",
            r"^\d{4}-\d\d-\d\d [\d:.]+: ([IWEF]) (?:\S*/)?(?=\S+\.(?:cc|h):\d+\])",
        ],
        # oneDNN names each primitive that it executes: the proof that it is really on.
        "ran": {"oneDNN": r"onednn_verbose,(?:[^,]*,)*?exec,(?:[^,]*,)*?convolution,([^,]+)"},
    },
    "program": {
        "imports": "import tensorflow as tf\n",
        "bfloat16": "tf.bfloat16.as_numpy_dtype",
        "callee": "tf.raw_ops.Conv2DBackpropInput",
        "input_sizes": "tf.constant({}, tf.int32)",
        "shown": "in_backprop.numpy()",
        "variables": ["TF_ENABLE_ONEDNN_OPTS"],
    },
    # TensorFlow computes with subnormal numbers flushed to zero on the CPU (tensorflow/core/platform/denormal.h); what
    # its kernel for half does in software is not affected.
    "paths": {
        "tf-eager": {
            "callable": "paths:eager",
            "summary": "tf.raw_ops.Conv2DBackpropInput, executed eagerly",
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        "tf-graph": {
            "callable": "paths:graph",
            "summary": "the op in a tf.function",
            "callee": "tf.function(tf.raw_ops.Conv2DBackpropInput)",
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        "tf-xla": {
            "callable": "paths:xla",
            "summary": "the op in a tf.function compiled by XLA",
            "callee": "tf.function(tf.raw_ops.Conv2DBackpropInput, jit_compile=True)",
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        "tf-eigen": {
            "callable": "paths:eigen",
            "summary": "the op's second CPU kernel, labelled eigen_tensor",
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        "tf-gradient": {
            "callable": "paths:gradient",
            "summary": "GradientTape over tf.nn.conv2d",
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        "tf-transpose": {
            "callable": "paths:transpose",
            "summary": "tf.nn.conv2d_transpose",
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        "tf-onednn": {
            "callable": "paths:eager",
            "summary": "the op, executed eagerly, oneDNN on",
            "environment": {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_VERBOSE": "1"},
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        "tf-onednn-graph": {
            "callable": "paths:graph",
            "summary": "the op in a tf.function, oneDNN on",
            "callee": "tf.function(tf.raw_ops.Conv2DBackpropInput)",
            "environment": {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_VERBOSE": "1"},
            "flushes": ["bfloat16", "float32", "float64"],
            "default": True,
        },
        # A layer and a converted model are built for valid calls: there is no call that they could reject.
        "keras-transpose": {
            "callable": "keras_layer:transpose",
            "summary": "keras.layers.Conv2DTranspose",
            "validates": False,
            "supports": {
                "dtype": ["half", "bfloat16", "float32", "float64"],
                "padding": ["VALID", "SAME"],
                "grouped": False,
            },
        },
        "tflite": {
            "callable": "lite:transpose",
            "summary": "TensorFlow Lite's TRANSPOSE_CONV, from a converted model",
            "validates": False,
            "supports": {
                "dtype": "float32",
                "data_format": "NHWC",
                "padding": ["VALID", "SAME"],
                "dilated": False,
                "grouped": False,
            },
        },
        # Two workers share one GPU.
        "tf-gpu": {
            "callable": "paths:gpu",
            "summary": "the op, executed eagerly on a GPU, TF32 off",
            "environment": {"TF_FORCE_GPU_ALLOW_GROWTH": "true"},
            "device": "GPU",
        },
        "tf-gpu-tf32": {
            "callable": "paths:gpu_tf32",
            "summary": "the op, executed eagerly on a GPU, TF32 on",
            "environment": {"TF_FORCE_GPU_ALLOW_GROWTH": "true"},
            "device": "GPU",
            "profile": {"algorithm": "tf32"},
        },
        "tf-gpu-xla": {
            "callable": "paths:gpu_xla",
            "summary": "the op compiled by XLA for a GPU, TF32 off",
            "callee": "tf.function(tf.raw_ops.Conv2DBackpropInput, jit_compile=True)",
            "environment": {"TF_FORCE_GPU_ALLOW_GROWTH": "true"},
            "device": "GPU",
        },
        "tf-gpu-xla-tf32": {
            "callable": "paths:gpu_xla_tf32",
            "summary": "the op compiled by XLA for a GPU, TF32 on",
            "callee": "tf.function(tf.raw_ops.Conv2DBackpropInput, jit_compile=True)",
            "environment": {"TF_FORCE_GPU_ALLOW_GROWTH": "true"},
            "device": "GPU",
            "profile": {"algorithm": "tf32"},
        },
    },
}

"""Two networks of transposed convolutions as Keras models, since no application of Keras has one."""

from typing import Any

import keras
from keras import layers


def unet_decoder() -> Any:
    """The decoder of a U-Net for 256x256 images: four times up by 2, then two 3x3 (Ronneberger et al., 2015).

    What the encoder kept has the extents of what comes up, which stands in for it.
    """
    image = x = keras.Input((16, 16, 1024))
    for K in (512, 256, 128, 64):
        x = layers.Conv2DTranspose(K, 2, strides=2, padding="same", name=f"up_{K}")(x)
        x = layers.Concatenate()([x, x])
        x = layers.Conv2D(K, 3, padding="same", activation="relu", name=f"first_{K}")(x)
        x = layers.Conv2D(K, 3, padding="same", activation="relu", name=f"second_{K}")(x)
    return keras.Model(image, layers.Conv2D(2, 1, name="classes")(x))


def dcgan_generator() -> Any:
    """The generator of a DCGAN for 64x64 images (Radford et al., 2016, figure 1)."""
    return keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(4 * 4 * 1024),
            layers.Reshape((4, 4, 1024)),
            *(
                layers.Conv2DTranspose(K, 5, strides=2, padding="same", activation="relu", name=f"up_{K}")
                for K in (512, 256, 128)
            ),
            layers.Conv2DTranspose(3, 5, strides=2, padding="same", activation="tanh", name="image"),
        ]
    )

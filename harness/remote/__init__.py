"""The other side of a host: what runs in the interpreter of an environment, whichever that is.

Needs Python 3.10, numpy, ml_dtypes and what the implementation needs; the harness need not be installed there.
"""

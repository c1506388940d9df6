"""Building an encoder bundle from the published weights, with numpy and onnx alone; never imported at run time.

``python -m eddyline.encoders.build --help`` shows the steps: fetch, calibrate, int8, fp32, projection,
whitening, bundle.
"""

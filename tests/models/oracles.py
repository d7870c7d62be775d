"""The networks of the file formats in float64 numpy, from the definitions of their layers.

They read a format's JSON, not ampboard's description of it, and share no code with the package. Audio has the shape
(frames,), layers between have (frames, channels).
"""

import numpy as np


def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def array(values):
    return np.array(values, np.float64)


def error_to_signal(output, expected):
    """ESR after the mean of the expected signal is taken from both."""
    error = output - expected
    return np.sum((error - error.mean()) ** 2) / np.sum((expected - expected.mean()) ** 2)


def peak_error(output, expected):
    return np.abs(output - expected).max() / np.abs(expected).max()


# ---- torch: GuitarML, state_dicts


def torch_recurrent(x, state, prefix, kind):
    """Run torch's LSTM or GRU, one layer after the other; x of shape (frames, inputs)."""
    layer = 0
    while f"{prefix}weight_ih_l{layer}" in state:
        w, u, b, c = (
            array(state[f"{prefix}{part}_l{layer}"]) for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        size = u.shape[1]
        hidden, cell, outputs = np.zeros(size), np.zeros(size), []
        for frame in x @ w.T + b:
            own = u @ hidden + c
            if kind == "lstm":
                i, f, g, o = np.split(frame + own, 4)
                cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
                hidden = sigmoid(o) * np.tanh(cell)
            else:
                (xr, xz, xn), (hr, hz, hn) = np.split(frame, 3), np.split(own, 3)
                r, z = sigmoid(xr + hr), sigmoid(xz + hz)
                hidden = (1 - z) * np.tanh(xn + r * hn) + z * hidden
            outputs.append(hidden)
        x, layer = np.array(outputs), layer + 1
    return x


def guitarml(document, audio, knobs=()):
    data, state = document["model_data"], document["state_dict"]
    inputs = np.column_stack([audio, *(np.full(audio.size, knob) for knob in knobs)]).astype(np.float64)
    hidden = torch_recurrent(inputs, state, "rec.", data["unit_type"].lower())
    return hidden @ array(state["lin.weight"])[0] + array(state["lin.bias"])[0] + data["skip"] * audio


# ---- Keras: RTNeural, AIDA-X

ACTIVATIONS = {
    "": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "softmax": lambda x: np.exp(x - x.max(1, keepdims=True)) / np.exp(x - x.max(1, keepdims=True)).sum(1)[:, None],
}


def keras_dense(x, layer):
    weights, *bias = layer["weights"]
    return x @ array(weights) + (array(bias[0]) if bias else 0)


def keras_conv1d(x, layer):
    """Causal, zeros in front."""
    kernel, *bias = map(array, layer["weights"])
    groups, dilation = layer.get("groups", 1), layer["dilation"][0]
    taps, inputs, outputs = kernel.shape
    padded = np.concatenate([np.zeros(((taps - 1) * dilation, x.shape[1])), x])
    y = np.zeros((len(x), outputs))
    for group in range(groups):
        rows = slice(group * outputs // groups, (group + 1) * outputs // groups)
        for tap in range(taps):
            past = padded[tap * dilation : tap * dilation + len(x), group * inputs : (group + 1) * inputs]
            y[:, rows] += past @ kernel[tap][:, rows]
    return y + (bias[0] if bias else 0)


def keras_batchnorm(x, layer):
    *affine, mean, variance = map(array, layer["weights"])
    gamma, beta = affine or (1, 0)
    return gamma * (x - mean) / np.sqrt(variance + layer["epsilon"]) + beta


def keras_prelu(x, layer):
    return np.where(x >= 0, x, x * array(layer["weights"]).ravel())


def keras_lstm(x, layer):
    kernel, recurrent, bias = map(array, layer["weights"])
    hidden, cell, outputs = np.zeros(len(recurrent)), np.zeros(len(recurrent)), []
    for frame in x @ kernel + bias:
        i, f, c, o = np.split(frame + hidden @ recurrent, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(cell)
        outputs.append(hidden)
    return np.array(outputs)


def keras_gru(x, layer):
    kernel, recurrent, (bias, own_bias) = map(array, layer["weights"])
    hidden, outputs = np.zeros(len(recurrent)), []
    for frame in x @ kernel + bias:
        (xz, xr, xh), (hz, hr, hh) = np.split(frame, 3), np.split(hidden @ recurrent + own_bias, 3)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        hidden = z * hidden + (1 - z) * np.tanh(xh + r * hh)
        outputs.append(hidden)
    return np.array(outputs)


KERAS = {
    "dense": keras_dense,
    "time-distributed-dense": keras_dense,
    "conv1d": keras_conv1d,
    "batchnorm": keras_batchnorm,
    "prelu": keras_prelu,
    "activation": lambda x, layer: x,
    "lstm": keras_lstm,
    "gru": keras_gru,
}


def rtneural(document, audio, knobs=()):
    """Layers one behind the other; gains and skip connection as AIDA-X applies them."""
    audio = audio.astype(np.float64) * 10 ** (document.get("in_gain", 0) / 20)
    x = np.column_stack([audio, *(np.full(audio.size, knob) for knob in knobs)])
    for layer in document["layers"]:
        x = KERAS[layer["type"]](x, layer)
        if layer["type"] not in ("lstm", "gru"):
            x = ACTIVATIONS[layer["activation"]](x)
    return (x[:, 0] + document.get("in_skip", 0) * audio) * 10 ** (document.get("out_gain", 0) / 20)


# ---- PedalNetRT


def pedalnet(document, audio):
    weights = {(v["layer_idx"], v["name"]): array(v["data"]) for v in document["variables"]}
    channels, taps = document["residual_channels"], document["filter_width"]
    x = np.outer(audio, weights[-1, "W"]) + weights[-1, "b"]
    outputs = []
    for number, dilation in enumerate(document["dilations"]):
        kernel = weights[number, "W_conv"].reshape(taps, channels, 2 * channels)
        layer = {"weights": [kernel, weights[number, "b_conv"]], "dilation": [dilation]}
        both = keras_conv1d(x, layer)
        outputs.append(np.tanh(both[:, :channels]) * sigmoid(both[:, channels:]))
        x = x + outputs[-1] @ weights[number, "W_out"].reshape(channels, channels) + weights[number, "b_out"]
    last = len(outputs)
    return np.hstack(outputs) @ weights[last, "W"] + weights[last, "b"][0]


# ---- SmartAmpPro


def smartamppro(document, audio):
    """For every frame the network over the window that ends there, the LSTM from zero state."""
    size = document["input_size"]
    padded = np.concatenate([np.zeros(size - 1), audio])
    x = np.lib.stride_tricks.sliding_window_view(padded, size)[:, :, None]
    for name in ("conv1d", "conv1d_1"):
        x = _same_convolution(x, array(document[name]["kernel:0"]), document[f"{name}_stride"])
        x = x + array(document[name]["bias:0"])
    kernel, bias = array(document["lstm"]["kernel:0"]), array(document["lstm"]["bias:0"])
    units = bias.size // 4
    recurrent = array(document["lstm"].get("recurrent_kernel:0", np.zeros((units, 4 * units))))
    hidden = cell = np.zeros((len(x), units))
    for step in range(x.shape[1]):
        i, f, c, o = np.split(x[:, step] @ kernel + hidden @ recurrent + bias, 4, axis=1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(cell)
    return hidden @ array(document["dense"]["kernel:0"])[:, 0] + document["dense"]["bias:0"][0]


def _same_convolution(x, kernel, stride):
    """Keras' padding "same": ceil(frames / stride) outputs, zeros on both sides, the odd one behind."""
    frames, taps = x.shape[1], len(kernel)
    outputs = -(-frames // stride)
    zeros = max((outputs - 1) * stride + taps - frames, 0)
    padded = np.pad(x, ((0, 0), (zeros // 2, zeros - zeros // 2), (0, 0)))
    return np.stack(
        [np.tensordot(padded[:, s * stride : s * stride + taps], kernel, 2) for s in range(outputs)], axis=1
    )

"""The networks of the file formats in float64 torch, from the definitions of their layers.

They read a format's JSON, not ampboard's description of it, and share no code with the package. Networks take and
return numpy audio of shape (frames,); between their layers run double tensors of shape (frames, channels).
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def error_to_signal(output, expected):
    """ESR after the mean of the expected signal is taken from both."""
    error = output - expected
    return np.sum((error - error.mean()) ** 2) / np.sum((expected - expected.mean()) ** 2)


def peak_error(output, expected):
    return np.abs(output - expected).max() / np.abs(expected).max()


def conditioned(audio, knobs):
    """The audio and a column per knob, each a number or one value a frame."""
    return tensor(np.column_stack([audio, *(np.broadcast_to(knob, audio.shape) for knob in knobs)]))


# ---- torch: GuitarML


class SimpleRNN(nn.Module):
    """The network of Automated-GuitarAmpModelling; its names are those of the file's state_dict."""

    def __init__(self, *, unit_type, input_size, hidden_size, output_size, num_layers, skip, bias_fl=True, **_):
        super().__init__()
        self.rec = {"LSTM": nn.LSTM, "GRU": nn.GRU}[unit_type](input_size, hidden_size, num_layers)
        self.lin = nn.Linear(hidden_size, output_size, bias=bias_fl)
        self.skip = skip

    def forward(self, x):
        return self.lin(self.rec(x)[0]) + self.skip * x[:, :1]


@torch.no_grad()
def guitarml(document, audio, knobs=()):
    network = SimpleRNN(**document["model_data"]).double()
    network.load_state_dict({name: tensor(values) for name, values in document["state_dict"].items()})
    return network(conditioned(audio, knobs))[:, 0].numpy()


# ---- Keras: RTNeural, AIDA-X

ACTIVATIONS = {
    "": lambda x: x,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "elu": functional.elu,
    "softmax": lambda x: torch.softmax(x, 1),
}


def keras_dense(x, layer):
    weights, *bias = map(tensor, layer["weights"])
    return functional.linear(x, weights.T, *bias)


def causal_conv1d(x, kernel, bias=None, *, dilation=1, groups=1):
    """Zeros in front; Keras' kernel of shape (taps, inputs, outputs)."""
    padded = functional.pad(x.T, ((len(kernel) - 1) * dilation, 0))
    return functional.conv1d(padded, kernel.permute(2, 1, 0), bias, dilation=dilation, groups=groups).T


def keras_conv1d(x, layer):
    return causal_conv1d(
        x, *map(tensor, layer["weights"]), dilation=layer["dilation"][0], groups=layer.get("groups", 1)
    )


def keras_batchnorm(x, layer):
    *affine, mean, variance = map(tensor, layer["weights"])
    return functional.batch_norm(x, mean, variance, *affine, eps=layer["epsilon"])


def keras_prelu(x, layer):
    return functional.prelu(x, tensor(layer["weights"]).ravel())


def with_weights(unit, kernel, recurrent, bias, own_bias):
    """A torch layer with Keras' matrices, whose gates are already in torch's order."""
    network = unit(len(kernel), len(recurrent), batch_first=True, dtype=torch.float64)
    weights = {"weight_ih_l0": kernel.T, "weight_hh_l0": recurrent.T, "bias_ih_l0": bias, "bias_hh_l0": own_bias}
    network.load_state_dict(weights)
    return network


def keras_lstm(x, layer):
    """Keras' gates i, f, c, o are torch's i, f, g, o."""
    kernel, recurrent, bias = map(tensor, layer["weights"])
    return with_weights(nn.LSTM, kernel, recurrent, bias, torch.zeros_like(bias))(x)[0]


def keras_gru(x, layer):
    """Keras' gates z, r, h with reset_after are torch's r, z, n."""
    kernel, recurrent, biases = (
        torch.cat([r, z, h], 1) for z, r, h in (tensor(weights).chunk(3, 1) for weights in layer["weights"])
    )
    return with_weights(nn.GRU, kernel, recurrent, *biases)(x)[0]


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


@torch.no_grad()
def rtneural(document, audio, knobs=()):
    """Layers one behind the other; gains and skip connection as AIDA-X applies them."""
    audio = audio.astype(np.float64) * 10 ** (document.get("in_gain", 0) / 20)
    x = conditioned(audio, knobs)
    for layer in document["layers"]:
        x = KERAS[layer["type"]](x, layer)
        if layer["type"] not in ("lstm", "gru"):
            x = ACTIVATIONS[layer["activation"]](x)
    return (x[:, 0].numpy() + document.get("in_skip", 0) * audio) * 10 ** (document.get("out_gain", 0) / 20)


# ---- PedalNetRT


@torch.no_grad()
def pedalnet(document, audio):
    """Gated residual layers; the mix reads the gates' outputs of all of them."""
    # the files write numbers as strings
    weights = {(v["layer_idx"], v["name"]): tensor([float(w) for w in v["data"]]) for v in document["variables"]}
    channels, taps = document["residual_channels"], document["filter_width"]

    def convolution(x, number, part, taps, outputs, dilation=1):
        kernel, bias = weights[number, f"W{part}"], weights[number, f"b{part}"]
        return causal_conv1d(x, kernel.reshape(taps, x.shape[1], outputs), bias, dilation=dilation)

    x = convolution(tensor(audio)[:, None], -1, "", 1, channels)
    gated = []
    for number, dilation in enumerate(document["dilations"]):
        values, gates = convolution(x, number, "_conv", taps, 2 * channels, dilation).chunk(2, 1)
        gated.append(torch.tanh(values) * torch.sigmoid(gates))
        x = x + convolution(gated[-1], number, "_out", 1, channels)
    return convolution(torch.cat(gated, 1), len(gated), "", 1, 1)[:, 0].numpy()


# ---- SmartAmpPro


@torch.no_grad()
def smartamppro(document, audio):
    """For every frame the network over the window that ends there, the LSTM from zero state."""
    size = document["input_size"]
    steps = smartamppro_convolutions(document, functional.pad(tensor(audio), (size - 1, 0)).unfold(0, size, 1))
    lstm, dense = document["lstm"], document["dense"]
    kernel, bias = tensor(lstm["kernel:0"]), tensor(lstm["bias:0"])
    # files whose windows shrink to one step leave out the weights of the state, which is zero there
    nothing = np.zeros((len(bias) // 4, len(bias)))
    recurrent = tensor(lstm.get("recurrent_kernel:0", nothing))
    hidden = with_weights(nn.LSTM, kernel, recurrent, bias, torch.zeros_like(bias))(steps)[0][:, -1]
    return functional.linear(hidden, tensor(dense["kernel:0"]).T, tensor(dense["bias:0"]))[:, 0].numpy()


def smartamppro_convolutions(document, windows):
    """Windows of shape (windows, frames) through both convolutions, giving (windows, steps, channels).

    Keras' padding "same": ceil(frames / stride) outputs, zeros on both sides, the odd one behind.
    """
    x = windows[:, None]
    for name in ("conv1d", "conv1d_1"):
        kernel, bias = tensor(document[name]["kernel:0"]), tensor(document[name]["bias:0"])
        stride = document[f"{name}_stride"]
        frames, taps = x.shape[2], len(kernel)
        zeros = max((-(-frames // stride) - 1) * stride + taps - frames, 0)
        padded = functional.pad(x, (zeros // 2, zeros - zeros // 2))
        x = functional.conv1d(padded, kernel.permute(2, 1, 0), bias, stride=stride)
    return x.transpose(1, 2)

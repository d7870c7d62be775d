"""Neural Amp Modeler's ``.nam`` files, versions 0.5 to 0.7.

The format is JSON: ``version``, ``architecture``, ``config`` (the hyper-parameters), ``weights`` (one flat list),
``sample_rate`` and ``metadata``. The order of the weights follows the layers (NeuralAmpModelerCore;
https://neural-amp-modeler.readthedocs.io). Some models contain others, as complete documents of the same kind.
"""

from .document import is_nam, nam_document, read_nam, write_nam

__all__ = ["is_nam", "nam_document", "read_nam", "write_nam"]

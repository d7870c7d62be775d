"""Where captures come from: devices and plugins, recordings of a DAW, an audio interface that plays and records."""

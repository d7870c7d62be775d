"""The tuner: the pitch of one string, beside the audio."""

"""Other ways in than passphrase and authenticator: tokens for programs."""

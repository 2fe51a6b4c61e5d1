"""Other ways in than passphrase and authenticator: passkeys, and tokens for programs."""

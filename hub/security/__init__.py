"""Who asks, shown by tokens and proofs: HelseID, DPoP, our own token endpoint; and the hub as a client of others."""

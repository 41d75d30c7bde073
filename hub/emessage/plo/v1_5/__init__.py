"""PLO 1.5: what differs from 1.6, and the messages that 1.6 does not have so."""

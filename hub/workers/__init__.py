"""Work that follows a commit: judging, messages out, messages in."""

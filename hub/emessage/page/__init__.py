"""E-messages as pages that people read: by the codecs' own tables, in Norwegian, with nothing left out.

`message.py` is the way in. What a message holds is only ever text here: `hub/html.py` escapes it, and mark-up is let
through by name.
"""

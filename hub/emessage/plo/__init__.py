"""Pleie- og omsorgsmeldinger 1.6, one message per file."""

"""Answers for another CPU's kind."""

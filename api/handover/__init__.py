"""Handing cases over: departments are told what comes to them and what happens to it, by signed webhooks."""

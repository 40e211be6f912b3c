"""Who may do what: keys, scopes, rates, and the gate every request passes."""

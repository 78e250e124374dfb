"""What readers do themselves, without an account: subscribe, confirm, choose, leave, see what is held, be erased.

Only a POST changes anything. A link from a letter is all the proof there is, so no page asks for a cookie: what may be
done with a link is exactly what its one purpose allows, and a link that we can't use shows the same page whatever is
wrong with it.
"""

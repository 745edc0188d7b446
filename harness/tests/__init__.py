"""The harness's own tests: `test_<module>.py`, or `test_<module>_<what>.py` where one file would be long.

`browser` has those of the page that need one. The other files hold what several tests use.
"""

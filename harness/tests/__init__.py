"""The harness's own tests, in folders as the packages are: `test_<module>.py`, or `test_<module>_<what>.py`.

`browser` has those of the page that need one. The other files hold what several tests use.
"""

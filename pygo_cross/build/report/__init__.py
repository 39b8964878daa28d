# SPDX-License-Identifier: BSD-3-Clause
"""The report page: one file that shows a finished build to people.

`contents.py` finds out what is in a binary, `pack.py` makes that small, `page.py` writes the page, `update.py` writes it again after
smoke runs. page.html, page.css and page.js are the page itself: no script or style comes from elsewhere, and nothing is fetched.
"""

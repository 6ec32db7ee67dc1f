"""The pages: `make dashboard`, or `streamlit run dashboard/app.py`.

Environment: DATA_DIR and REPORT_TIME_ZONE as for dashboard/view_report.py; FLINK_CONF_DIR says where the JobManager is.
"""

import sys
from pathlib import Path

import streamlit as st

# Streamlit puts dashboard/ itself on the path; the packages are found from the repository's root.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

st.set_page_config(page_title="Ad reports", layout="wide")
# Not in a folder named pages: Streamlit would take each file there for a page of its own, without this one.
st.navigation(
    [
        st.Page("screens/campaigns.py", title="Campaigns", default=True),
        st.Page("screens/statistics.py", title="Placements and pages", url_path="statistics"),
        st.Page("screens/health.py", title="Pipeline health", url_path="health"),
    ]
).run()

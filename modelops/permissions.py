"""Who may run models on a study: those who manage it."""

import rules

from annotation.studies.permissions import manages_study

VIEW = "modelops.view_model"
RUN = "modelops.run_model"

rules.add_perm(VIEW, manages_study)
rules.add_perm(RUN, manages_study)

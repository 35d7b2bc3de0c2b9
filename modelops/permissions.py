"""Who may look at a study's models, and who may run them: those who manage the study."""

import rules

from annotation.studies.permissions import manages_study, views_study

VIEW = "modelops.view_model"
RUN = "modelops.run_model"

rules.add_perm(VIEW, views_study)
rules.add_perm(RUN, manages_study)

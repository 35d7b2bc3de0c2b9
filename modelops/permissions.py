"""Who may run models on a study: those who manage it."""

import rules

from annotation.permissions import manages_study

rules.add_perm("modelops.view_model", manages_study)
rules.add_perm("modelops.run_model", manages_study)

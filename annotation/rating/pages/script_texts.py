"""What the rating page's scripts say, in the reader's language."""

from django.utils.translation import gettext_lazy as _

# The scripts look texts up by these keys and fill in `{…}`.
_TEXTS = {
    "progress": _("Image {number} of {total}"),
    "block": _("{number} of {size} in this block"),
    "more": _("{count} more after this"),
    "last": _("the last one"),
    "pace": _("{seconds} s per image"),
    "left": _("about {minutes} min left"),
    "left_little": _("less than a minute left"),
    "practice": _("Practice {number} of {total}"),
    "same": _("The study expects about “{expected}”, as you said."),
    "near": _("The study expects about “{expected}”, close to your “{given}”."),
    "far": _(
        "The study expects about “{expected}”; you said “{given}”. Keep that in mind for the next "
        "images."
    ),
    "practised": _("Practice is over"),
    "practised_text": _(
        "You now know the questions and the range of images. From here on your scores count. "
        "There is no more feedback, and no right or wrong: go with your first impression."
    ),
    "practice_again": _("Practice once more"),
    "practice_again_text": _(
        "Many of your answers were far from what the study expects, which is common at first. "
        "Please go through the same images again, with that in mind."
    ),
    "rest": _("Rest your eyes"),
    "rest_text": _(
        "You have been looking at images for a while. Look out of a window, stretch, have a "
        "drink. All your ratings have arrived."
    ),
    "rest_left": _("You can continue in {clock}."),
    "rested": _("You can continue now."),
    "pass": _("From now on: {labels}"),
    "sentence": _("{label}: {clauses}."),
    "comma": _(", "),
    "missing": _("Still to score: {labels}"),
    "unread_prompt": _("Please read the prompt to its end; then send your scores."),
    "loading": _("Loading the image…"),
    "image_failed": _("The image could not be loaded."),
    "waiting_one": _("1 rating waiting"),
    "waiting_many": _("{count} ratings waiting"),
    "stranded": _(
        "No connection to the server. Your ratings are kept in this browser and are sent as "
        "soon as the connection is back; then the next image appears by itself."
    ),
    "settle": _("Your last ratings have not arrived yet. Please try again in a moment."),
    "not_kept": _("A rating was not accepted: {detail}"),
    "times": _("{text} ({count} times)"),
    "close": _("Close"),
    "unsent": _("Rating cannot continue now"),
    "unsent_text": _(
        "{detail} Ratings kept in this browser: {count}. They are sent when you open this "
        "link here again and continue rating."
    ),
    "larger_screen": _("A larger screen, please"),
    "no_phone": _(
        "The images need a larger screen: please open the link on a computer or a tablet."
    ),
    "small_window": _("Please enlarge the window to at least {width} × {height}, or zoom out."),
    "reported": _("Sent to the study’s owner. Thank you."),
    "offline_start": _("No connection. Please try again in a moment."),
    "server": _("The server did not respond as expected. Your answer is kept here."),
    "refused": _("The server refused this: {detail}"),
    "lost": _(
        "The previous image has gone to other raters in the meantime, so your scores for it "
        "could not be kept. Here is the next one."
    ),
    "waiting": _("The next image is on its way…"),
    "back": _("Back"),
    "leave": _("Leave it as it was"),
    "next": _("Next image"),
    "compare": _("See what the study expects"),
    "change": _("Send the change"),
}


def script_texts() -> dict[str, str]:
    """Every text in the active language."""
    return {key: str(text) for key, text in _TEXTS.items()}

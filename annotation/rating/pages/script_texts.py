"""What the rating page's scripts say, in the language of whoever reads it."""

from django.utils.translation import gettext_lazy as _

# Keys are those that the scripts ask for; `{…}` are filled in by them.
_TEXTS = {
    "progress": _("Image {number} of {total}"),
    "block": _("{number} of {size} in this block"),
    "pace": _("{seconds} s per image"),
    "left": _("about {minutes} min left"),
    "left_little": _("less than a minute left"),
    "training": _("Training {number} of {total}"),
    "near": _("Others said about “{expected}”. You see it as they do."),
    "far": _("Others said about “{expected}”. Have another look at the image."),
    "trained": _("That was the training"),
    "trained_text": _(
        "You know the questions and the range of images now. From here on your scores count. "
        "There is no feedback any more, and no right or wrong: go with your first impression."
    ),
    "rest": _("Rest your eyes"),
    "rest_text": _(
        "You have been looking at images for a while. Look out of a window, stretch, drink "
        "something. Everything that you rated has arrived."
    ),
    "rest_left": _("You can go on in {clock}."),
    "rested": _("You can go on now."),
    "pass": _("From here on: {labels}"),
    "sentence": _("{clauses}."),
    "comma": _(", "),
    "missing": _("Still to score: {labels}"),
    "loading": _("Loading the image…"),
    "image_failed": _("The image could not be loaded."),
    "waiting_one": _("1 rating waiting"),
    "waiting_many": _("{count} ratings waiting"),
    "stranded": _(
        "No connection to the server. What you rated is kept in this browser and is sent as "
        "soon as the connection is back; then the next image comes by itself."
    ),
    "settle": _("Your last ratings have not arrived yet. Please try again in a moment."),
    "not_kept": _("A rating could not be taken: {detail}"),
    "times": _("{text} ({count} times)"),
    "close": _("Close"),
    "unsent": _("It does not go on now"),
    "unsent_text": _(
        "{detail} Ratings that are kept in this browser: {count}. They are sent when this link "
        "is opened here and rating goes on."
    ),
    "larger_screen": _("A larger screen, please"),
    "no_phone": _(
        "The images need a larger screen: please open the link on a computer or a tablet."
    ),
    "small_window": _(
        "Please make the window larger, to {width} × {height} at least, or zoom out."
    ),
    "reported": _("Sent to the study’s owner. Thank you."),
    "offline_start": _("No connection. Please try again in a moment."),
    "server": _("The server did not answer as it should. Your answer is kept here."),
    "refused": _("The server refused this: {detail}"),
    "lost": _(
        "The previous image had gone to other raters in the meantime, so its scores could not "
        "be kept. Here is the next one."
    ),
    "waiting": _("The next image is on its way…"),
    "back": _("Back"),
    "leave": _("Leave it as it was"),
    "next": _("Next image"),
    "compare": _("See what others said"),
    "change": _("Send the change"),
}


def script_texts() -> dict[str, str]:
    """Every text in the language that is active."""
    return {key: str(text) for key, text in _TEXTS.items()}

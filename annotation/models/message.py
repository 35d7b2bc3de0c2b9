"""What an owner and a rater write to each other; the rater stays a code."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .constraints import one_of
from .rater import Rater
from .trial import Trial


class MessageSender(models.TextChoices):
    OWNER = "owner"
    RATER = "rater"


class Message(models.Model):
    """One message. A rater's is a report, mostly of the image that they were shown."""

    Sender = MessageSender

    #: Without an index of its own: it leads the one below.
    rater = models.ForeignKey(
        Rater, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    sender = models.CharField(max_length=5, choices=MessageSender.choices)
    #: The account that wrote it; null if the rater did.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: What the rater was looking at.
    trial = models.ForeignKey(Trial, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    #: When it was shown to the other side.
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [one_of("message", "sender", MessageSender.values)]
        indexes = [
            models.Index(fields=["rater", "-created_at"], name="message_by_rater"),
            # Every request of a rating page asks for these.
            models.Index(
                fields=["rater"],
                condition=Q(sender="owner", read_at=None),
                name="message_unread",
            ),
        ]

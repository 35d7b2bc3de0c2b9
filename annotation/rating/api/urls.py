"""Routes below `/api/v1/rating/`."""

from django.urls import path

from . import views

#: The one that is requested most comes first.
urlpatterns = [
    path("trials/<int:pk>/submit/", views.SubmitView.as_view(), name="rating-submit"),
    path("session/", views.SessionView.as_view(), name="rating-session"),
    path("session/begin/", views.BeginView.as_view(), name="rating-begin"),
    path("session/pause/", views.PauseView.as_view(), name="rating-pause"),
    path("session/withdraw/", views.WithdrawView.as_view(), name="rating-withdraw"),
    path("session/release/", views.ReleaseView.as_view(), name="rating-release"),
    path("messages/", views.ReportView.as_view(), name="rating-report"),
    path("messages/unread/", views.UnreadMessagesView.as_view(), name="rating-messages-unread"),
    path("messages/read/", views.ReadMessagesView.as_view(), name="rating-messages-read"),
    path("claims/", views.ClaimsView.as_view(), name="rating-claims"),
    path("trials/<int:pk>/renew/", views.RenewView.as_view(), name="rating-renew"),
    path("trials/<int:pk>/skip/", views.SkipView.as_view(), name="rating-skip"),
]

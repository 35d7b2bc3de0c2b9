"""The owner's pages, empty and full, right and wrong; each state is yielded by its name."""

from collections.abc import Iterator
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from annotation.models import (
    DatasetImport,
    DatasetRelease,
    ImportJob,
    Message,
    RaterIdentity,
    Stimulus,
)
from annotation.opinion.releases import make_release
from annotation.raters.invitations import open_shared_link
from annotation.stimuli.importing.gaps import Gap
from annotation.stimuli.importing.problems import RowError
from annotation.studies.pages.settings_form import StudyForm
from modelops.learning.recipe import Recipe
from modelops.models import ModelVersion, Prediction, TrainingRun
from tests import factories
from tests.annotation.answering import answer, sitting
from tests.e2e.signing_in import sign_in
from tests.e2e.states.scene import Scene
from tests.modelops.labelling import label_pool, make_predictor, make_round, make_version, rate
from workbench.core.jobs.history import Event, entry
from workbench.core.problems import Problem

OWN = "/studies/demo"


def _sign_in(scene: Scene) -> None:
    cache.clear()
    sign_in(scene.page, scene.site, then="/studies/")


def entrance(scene: Scene) -> Iterator[str]:
    page = scene.page
    scene.go("/accounts/login/")
    page.fill("input[name=login]", "owner")
    page.fill("input[name=password]", "wrong")
    page.locator("main button.primary").click()
    expect(page.locator(".errorlist, .notice.bad").first).to_be_visible()
    yield "a wrong password"
    _sign_in(scene)
    yield "studies"
    for path in ("/accounts/password/change/", "/nowhere/", "/accounts/token/"):
        scene.go(path)
        yield path
    page.get_by_label("Name").fill("analysis notebook")
    page.get_by_role("button", name="Create the token").click()
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    yield "a new token"
    page.get_by_role("button", name="owner").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    yield "the user's menu"
    page.set_viewport_size({"width": 390, "height": 844})
    scene.go(f"{OWN}/")
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Raters")).to_be_visible()
    yield "navigation on a phone"
    page.set_viewport_size({"width": 1366, "height": 768})
    scene.owner.is_staff = True
    scene.owner.save()
    scene.go("/activity/")
    yield "activity of the site"
    scene.go("/system/")
    yield "how the site is"
    yield from _people(scene)
    scene.owner.is_staff = False
    scene.owner.save()
    scene.go("/studies/?search=nothing")
    yield "no study found"
    scene.study.memberships.filter(role="owner").update(user=factories.make_user("outsider"))
    scene.go("/studies/")
    expect(page.get_by_role("heading", name="No studies yet")).to_be_visible()
    yield "no study yet"


def _people(scene: Scene) -> Iterator[str]:
    page = scene.page
    scene.go("/accounts/people/")
    yield "people"
    page.get_by_label("Account name").fill("lin")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", name="The link to hand over")).to_be_visible()
    yield "a link to hand over"
    link = page.locator("#link").inner_text()
    scene.go(f"{OWN}/members/")
    page.get_by_label("Account name").fill("lin")
    page.get_by_role("button", name="Add").click()
    page.get_by_text("Change…").click()
    yield "members"
    page.goto(link)
    yield "choosing a password"
    scene.go("/accounts/link/1-none/")
    yield "a link that no longer works"


def api_pages(scene: Scene) -> Iterator[str]:
    page = scene.page
    _sign_in(scene)
    scene.go("/api/v1/docs/")
    page.locator("#operations-tag-export").click()
    export = page.locator("#operations-export-studies_export_retrieve")
    export.locator(".opblock-summary-control").click()
    expect(export.get_by_role("button", name="Try it out")).to_be_visible()
    export.get_by_role("button", name="Try it out").click()
    export.get_by_placeholder("slug").fill("demo")
    export.get_by_role("button", name="Execute").click()
    status = export.locator(".live-responses-table .response-col_status")
    expect(status.last).to_contain_text("200")
    yield "API, with an operation tried out"


def setting_up(scene: Scene) -> Iterator[str]:
    page = scene.page
    _sign_in(scene)
    scene.go("/studies/new/")
    yield "new study"
    page.get_by_label("Title").fill(" ")
    page.get_by_role("button", name="Create the study").click()
    yield "new study with an error"
    for path in (
        "/settings/",
        *(f"/settings/{part}/" for part in StudyForm.PARTS),
        "/settings/questions/",
        "/settings/translations/",
        "/settings/webhooks/",
        "/activity/",
        "/import/",
        "/import/ratings/",
        "/export/",
        "/preview/",
    ):
        scene.go(OWN + path)
        yield path
    scene.go(f"{OWN}/settings/webhooks/")
    page.get_by_label("Address").fill("https://lab.example/hook")
    page.get_by_label("A rater fails a rule").check()
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_role("heading", name="The webhook’s secret")).to_be_visible()
    yield "a new webhook"
    page.get_by_role("link", name="https://lab.example/hook").click()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("button", name="Send again")).to_be_visible()
    yield "a webhook with a delivery"
    scene.go(f"{OWN}/settings/ratings/")
    page.get_by_label("Ratings per image, at most").fill("1")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".errorlist, .error, .notice.bad").first).to_be_visible()
    yield "settings with an error"


def images(scene: Scene) -> Iterator[str]:
    _sign_in(scene)
    for path in ("/", "/images/", f"/images/{scene.images[0].pk}/", "/images/?search=nothing"):
        scene.go(OWN + path)
        yield path
    problem = Problem("image “a.png” is damaged", "copy or generate it again")
    job = ImportJob.objects.create(
        study=scene.study,
        actor=scene.owner,
        manifest="m",
        manifest_name="m.csv",
        images_name="i.zip",
        state="succeeded",
        progress_total=9,
        progress_done=9,
        rejected=1,
        rejected_rows=[RowError.of(3, 4, "a.png", problem).to_json()],
    )
    scene.go(f"{OWN}/import/{job.pk}/")
    yield "an import with problems"
    gap = Gap(3, "a.png", "", "SDXL", {"generator": "folder"}, ("the file holds no metadata",))
    alone = {"manifest_name": "i.zip", "images_name": "", "rejected_rows": []}
    ImportJob.objects.update(**alone, dry_run=True, gaps=[gap.to_json()])
    scene.go(f"{OWN}/import/{job.pk}/")
    expect(scene.page.get_by_label("Prompt of a.png")).to_be_visible()
    yield "an import with gaps to fill in"
    named = {"manifest_name": "m.csv", "images_name": "i.zip", "dry_run": False, "gaps": []}
    ImportJob.objects.update(state="failed", error="No space left; free some.", **named)
    scene.go(f"{OWN}/import/{job.pk}/")
    yield "an import that failed"
    refusal = Problem('m.csv has no column "prompt"', "name the columns in the first line")
    ImportJob.objects.update(refusal=refusal.to_json(), progress_total=0)
    scene.go(f"{OWN}/import/{job.pk}/")
    yield "an import whose columns have other names"
    ImportJob.objects.create(
        study=scene.study, manifest="n", manifest_name="n.csv", progress_done=3, progress_total=9
    )
    scene.go(f"{OWN}/import/")
    yield "imports"
    yield from _from_datasets(scene)
    scene.set_study(status="draft", holdout_share=0.2, session_plan={"gold_share": 0.1})
    scene.go(f"{OWN}/")
    scene.page.get_by_role("button", name="Open for raters").click()
    expect(scene.page.get_by_role("heading", name="Open the study now?")).to_be_visible()
    yield "opening with steps undone"
    scene.go(f"{OWN}/")
    expect(scene.page.locator("#study-now .attention")).to_be_visible()
    yield "overview with steps to take"


def _from_datasets(scene: Scene) -> Iterator[str]:
    scene.go("/studies/from-dataset/")
    yield "a study from a dataset release"
    job = DatasetImport.objects.create(
        actor=scene.owner, archive_name="a.zip", stage="writing", progress_done=3, progress_total=9
    )
    scene.go(job.get_absolute_url())
    yield "a dataset release that is being imported"
    DatasetImport.objects.update(state="succeeded", study=scene.study, data_sha256="a" * 64)
    scene.go(job.get_absolute_url())
    yield "a dataset release that was imported"


def results(scene: Scene) -> Iterator[str]:
    _sign_in(scene)
    pages = ("", "generators/", "agreement/", "raters/", "explanations/")
    for path in pages[1:3]:
        scene.go(f"{OWN}/results/{path}")
        yield f"results/{path} without a rating"
    raters = [factories.make_rater(scene.study) for _ in range(4)]
    for place, stimulus in enumerate(scene.images):
        for shift, rater in enumerate(raters):
            quality = 1 + (3 * place + shift % 2) % 5
            rate(stimulus, rater, (quality, 6 - quality, 1 + (place + shift) % 5))
    cache.clear()  # what is computed of raters is kept for some seconds
    for path in pages:
        scene.go(f"{OWN}/results/{path}")
        expect(scene.page.locator("main h1")).to_be_visible()
        yield f"results/{path}"
    scene.go(f"{OWN}/results/?method=p910")
    yield "what another method would change"
    scene.go(f"{OWN}/results/agreement/?goal=half_width&half_width=0.3")
    yield "a plan"
    scene.page.set_viewport_size({"width": 390, "height": 844})
    for path in pages[:3]:
        scene.go(f"{OWN}/results/{path}")
        yield f"results/{path} on a phone"


def people(scene: Scene) -> Iterator[str]:
    page = scene.page
    _sign_in(scene)
    scene.go(f"{OWN}/invite/")
    yield "invite"
    page.get_by_label("Names and e-mail addresses").fill("Ann Lee <ann@lab.org>\nLi An")
    page.get_by_role("button", name="New links with names").click()
    expect(page.get_by_role("button", name="Copy all")).to_be_visible()
    yield "links just made"
    open_shared_link(study=scene.study, quota=5, actor=scene.owner)
    scene.go(f"{OWN}/invite/")
    yield "invite, with a shared link"
    scene.go(f"{OWN}/invite/platform/?platform=prolific")
    yield "crowd platforms"
    session = sitting(scene.rater, "rating", client={"viewport": [1366, 768]})
    for stimulus, score in zip(scene.images, (1, 3, 4, 5), strict=False):
        answer(session, stimulus, score, seconds=0.5)
    RaterIdentity.objects.create(rater=scene.rater, name="Ada Lovelace")
    factories.make_rater(scene.study, status="excluded")
    scene.go(f"{OWN}/raters/reports/")
    yield "no reports"
    Message.objects.create(rater=scene.rater, sender="rater", text="The prompt is cut off.")
    for path in ("/raters/", "/raters/?show=excluded", f"/raters/{scene.rater.code}/"):
        scene.go(OWN + path)
        yield path
    scene.go(f"{OWN}/raters/")
    for summary in page.locator("td.acts summary, main details > summary").all():
        summary.click()
    yield "raters, everything opened"
    scene.go(f"{OWN}/raters/reports/")
    yield "reports"


def model(scene: Scene) -> Iterator[str]:
    _sign_in(scene)
    scene.go(f"{OWN}/model/")
    yield "no model"
    scene.go(f"{OWN}/model/queue/")
    yield "what is rated next, without a model"
    Stimulus.objects.all().delete()
    stimuli = label_pool(scene.study, rated=6, holdout=3, unrated=3)
    for number, state in ((1, "active"), (2, "candidate")):
        _version(scene, stimuli, number, state)
    failed = TrainingRun.objects.create(
        study=scene.study,
        predictor=make_predictor(scene.study),
        trigger="api",
        state="failed",
        error="No space left; free some.",
        recipe=Recipe(epochs=3).to_json(),
        history=[entry(Event.TAKEN), entry(Event.STAGE, stage="training"), entry(Event.FAILED)],
    )
    scene.go(f"{OWN}/model/")
    expect(scene.page.get_by_text("Candidate: version 2")).to_be_visible()
    yield "model with a candidate"
    made = make_round(ModelVersion.objects.get(number=1), timezone.now() - timedelta(days=1))
    made.parameters["odd"] = [stimuli[-1].pk]
    made.save()
    scene.go(f"{OWN}/model/queue/")
    yield "what is rated next"
    scene.go(failed.get_absolute_url())
    yield "a training that failed"
    scene.go(f"{OWN}/model/rounds/{made.pk}/")
    expect(scene.page.get_by_role("cell", name="9", exact=True).first).to_be_visible()
    yield "an order, and what came of it"
    scene.go(f"{OWN}/model/versions/1/agreement/")
    expect(scene.page.get_by_role("heading", name="What the measures mean")).to_be_visible()
    yield "how well a version predicts people"
    TrainingRun.objects.create(
        study=scene.study,
        predictor=make_predictor(scene.study),
        trigger="api",
        state="running",
        stage="embedding",
        progress_total=9,
    )
    scene.go(f"{OWN}/model/")
    yield "training"
    scene.go(f"{OWN}/images/{stimuli[0].pk}/")
    yield "an image with predictions"
    scene.go(f"{OWN}/")
    yield "overview with a model"


def _version(scene: Scene, stimuli: list[Stimulus], number: int, state: str) -> None:
    promoted_at = timezone.now() if state == "active" else None
    version = make_version(scene.study, number, state=state, promoted_at=promoted_at)
    Prediction.objects.bulk_create(
        Prediction(
            stimulus=stimulus,
            model_version=version,
            perspective=perspective,
            mean=place / len(stimuli),
            posterior_sd=0.08,
            misfit_sd=0.06,
            rater_sd=0.1,
        )
        for place, stimulus in enumerate(stimuli)
        for perspective in scene.study.perspectives.all()
    )


def datasets(scene: Scene) -> Iterator[str]:
    _sign_in(scene)
    scene.go(f"{OWN}/datasets/")
    yield "datasets/ before opinion scores have a name"
    for place, stimulus in enumerate(scene.images):
        rate(stimulus, factories.make_rater(scene.study), (1 + place % 5, 3, 4))
    release = make_release(scene.study, name="For the paper", method="mos")
    said = {"title": "Foxes in ink", "licence": "CC-BY-4.0", "creators": ["Doe, Jane"]}
    of = {"study": scene.study, "release": release, "described": said, "actor": scene.owner}
    done = {"archive": "a.zip", "archive_sha256": "a" * 64, "content_sha256": "c" * 64}
    DatasetRelease.objects.create(number=1, state="failed", error="A file is gone.", **of)
    DatasetRelease.objects.create(number=2, state="succeeded", size=12_345_678, **done, **of)
    scene.go(f"{OWN}/datasets/")
    scene.page.get_by_text("Questions about responsible use").click()
    yield "datasets/ and the questions"
    running = {"state": "running", "progress_done": 30, "progress_total": 40}
    DatasetRelease.objects.create(number=3, **running, **of)
    scene.page.set_viewport_size({"width": 390, "height": 844})
    scene.go(f"{OWN}/datasets/")
    expect(scene.page.get_by_text("30 of 40 pictures")).to_be_visible()
    yield "datasets/ on a phone, one being made"
    DatasetRelease.objects.filter(number=3).update(progress_done=39)
    expect(scene.page.get_by_text("39 of 40 pictures")).to_be_visible()
    # With the keyboard, while the list comes again each second.
    scene.page.get_by_role("button", name="Cancel").focus()
    expect(scene.page.get_by_role("button", name="Cancel")).to_be_focused()
    scene.page.keyboard.press("Enter")
    expect(scene.page.get_by_text("Cancelled")).to_be_visible()
    yield "datasets/ with a cancelled one"

"""`manage.py import_labels STUDY TABLE [--mapping FILE|NAME]`."""

from ._table_command import TableCommand


class Command(TableCommand):
    help = (
        "Import published scores, without images: of images that the study has, or as labels that "
        "get their images later. The columns are described by --mapping. All rows are checked "
        "first; running it twice changes nothing."
    )

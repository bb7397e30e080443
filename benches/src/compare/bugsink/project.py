# Makes the project that takes the events, and prints its number and its public key. Retention is raised, so
# that no event is removed for the next one.
from projects.models import Project

project = Project.objects.create(name="compare", slug="compare", retention_max_event_count=1_000_000_000)
print("project", project.id, project.sentry_key.hex)

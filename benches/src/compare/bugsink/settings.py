# What differs here from the settings that `bugsink-create-conf --template=singleserver` writes.

# Nothing is refused for its number: these quotas are made for much less than what is sent here.
BUGSINK.update({
    "MAX_EVENTS_PER_5_MINUTES": 1_000_000_000,
    "MAX_EVENTS_PER_HOUR": 1_000_000_000,
    "MAX_EVENTS_PER_MONTH": 1_000_000_000,
    "MAX_EVENTS_PER_PROJECT_PER_5_MINUTES": 1_000_000_000,
    "MAX_EVENTS_PER_PROJECT_PER_HOUR": 1_000_000_000,
    "MAX_EVENTS_PER_PROJECT_PER_MONTH": 1_000_000_000,
})

# A benchmark is no installation to be counted.
BUGSINK["PHONEHOME"] = False

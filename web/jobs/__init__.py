"""Long work as jobs: asked for by anybody, done by worker processes here or on other machines.

``records`` says what is known of a job, ``storage`` where it is kept (Huey on SQLite or Redis), ``board`` who may
write which part of it, ``attempt`` how a worker does one, ``worker`` and ``children`` the processes.
"""

ALLOWED_HOSTS = ["*"]  # the name it is called by depends on how it is reached
OPENSTACK_HOST = "10.0.10.250"
OPENSTACK_KEYSTONE_URL = "http://10.0.10.250:5000/v3"
OPENSTACK_KEYSTONE_DEFAULT_DOMAIN = "Default"
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "LOCATION": ["10.0.10.11:11211"],
        # A lost server has its users log in again; else each of their pages is an error.
        "OPTIONS": {"ignore_exc": True, "connect_timeout": 2, "timeout": 5, "retry_attempts": 0},
    }
}

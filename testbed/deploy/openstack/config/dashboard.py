"""Horizon: the dashboard in a browser, behind the VIP like the APIs."""

import json
from collections.abc import Iterator

from testbed.deploy.files import File
from testbed.deploy.openstack.secrets import DASHBOARD
from testbed.deploy.openstack.site import HTTP, KEYSTONE, MEMCACHE, Site

_SHARE = "/usr/share/openstack-dashboard"
_STATIC = "/var/lib/openstack-dashboard/static"
# Where Debian's settings read the key, or make one: that needs a folder which the image has not.
_KEY = "/var/lib/openstack-dashboard/secret-key/.secret_key_store"
PATH = "/horizon/"


def files(site: Site) -> Iterator[File]:
    """Yield the dashboard's key, its settings, read after Debian's own, and its web server's."""
    yield File(_KEY, site.secrets[DASHBOARD], 0o600, "www-data")
    path = "/etc/openstack-dashboard/local_settings.d/_9999_testbed.py"
    yield File(path, _settings(site), 0o640, "www-data")
    yield File("/etc/apache2/ports.conf", f"Listen {site.node.address}:{HTTP}\n")
    yield File("/etc/apache2/sites-enabled/testbed.conf", _site(site))


def _settings(site: Site) -> str:
    return f"""\
ALLOWED_HOSTS = ["*"]  # the name it is called by depends on how it is reached
OPENSTACK_HOST = "{site.cloud.vip}"
OPENSTACK_KEYSTONE_URL = "{site.url(KEYSTONE, "/v3")}"
OPENSTACK_KEYSTONE_DEFAULT_DOMAIN = "Default"
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {{
    "default": {{
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "LOCATION": {json.dumps(site.each_at(MEMCACHE))},
        # A lost server has its users log in again; else each of their pages is an error.
        "OPTIONS": {{"ignore_exc": True, "connect_timeout": 2, "timeout": 5, "retry_attempts": 0}},
    }}
}}
"""


def _site(site: Site) -> str:
    return f"""\
<VirtualHost {site.node.address}:{HTTP}>
    WSGIDaemonProcess horizon user=www-data group=www-data processes=1 threads=4
    WSGIScriptAlias /horizon {_SHARE}/wsgi.py process-group=horizon application-group=%{{GLOBAL}}
    Alias /horizon/static {_STATIC}
    RedirectMatch ^/$ {PATH}
    <Directory {_SHARE}>
        Require all granted
    </Directory>
    <Directory {_STATIC}>
        Require all granted
    </Directory>
    ErrorLog /var/log/openstack-dashboard/error.log
    LogLevel warn
</VirtualHost>
"""

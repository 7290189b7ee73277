<?php
// PHP answers. Nothing else is asked, so that a database that is away does not have healthy tasks replaced.
header('Content-Type: text/plain');
header('Cache-Control: no-store');
echo "ok\n";

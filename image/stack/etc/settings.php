<?php
// Required at the end of sites/default/settings.php: the environment has the last word.
require_once '/opt/stack/lib/database.php';

use function Stack\environment;
use function Stack\environment_list;

$stack_database = \Stack\Database::fromEnvironment();
if ($stack_database !== null) {
  $databases['default']['default'] = [
    'driver' => 'mysql',
    'namespace' => 'Drupal\\mysql\\Driver\\Database\\mysql',
    'autoload' => 'core/modules/mysql/src/Driver/Database/mysql/',
    'host' => $stack_database->host,
    'port' => (string) $stack_database->port,
    'database' => $stack_database->name,
    'username' => $stack_database->user,
    'password' => $stack_database->password,
    'prefix' => '',
    'collation' => 'utf8mb4_general_ci',
    'isolation_level' => 'READ COMMITTED',
    'pdo' => $stack_database->tlsOptions() + [\PDO::ATTR_TIMEOUT => 5]
      // Saves a TLS handshake per request, costs one open connection per worker.
      + (environment('DB_PERSISTENT') === '1' ? [\PDO::ATTR_PERSISTENT => TRUE] : []),
  ];
}
unset($stack_database);
if (environment('HASH_SALT') !== NULL) {
  $settings['hash_salt'] = environment('HASH_SALT');
}
// A new image invalidates the cached container without a race between old and new tasks.
if (environment('IMAGE_DIGEST') !== NULL) {
  $settings['deployment_identifier'] = environment('IMAGE_DIGEST');
}
if (empty($settings['config_sync_directory'])) {
  $settings['config_sync_directory'] = dirname(DRUPAL_ROOT) . '/config/sync';
}
$settings['file_public_path'] = 'sites/default/files';
$settings['file_private_path'] = '/mnt/private';
$settings['file_temp_path'] = '/tmp';
$settings['file_chmod_directory'] = 02775;
$settings['file_chmod_file'] = 0664;
// Compiled templates are a cache of this task: never on the shared files.
$settings['php_storage']['twig']['directory'] = '/tmp/php';
$settings['php_storage']['default']['directory'] = '/tmp/php';
// The root file system is read-only, so there is nothing to harden and nothing to write.
$settings['skip_permissions_hardening'] = TRUE;
$settings['auto_create_htaccess'] = FALSE;
$settings['update_free_access'] = FALSE;
if (environment_list('PROXY_CIDRS')) {
  $settings['reverse_proxy'] = TRUE;
  $settings['reverse_proxy_addresses'] = environment_list('PROXY_CIDRS');
  // Drupal's default also trusts X-Forwarded-Host, which an ALB passes on from the client.
  $settings['reverse_proxy_trusted_headers'] = \Symfony\Component\HttpFoundation\Request::HEADER_X_FORWARDED_AWS_ELB;
}
if (environment_list('TRUSTED_HOSTS')) {
  $settings['trusted_host_patterns'] = array_map(
    static fn (string $host) => '^' . str_replace('\*', '.+', preg_quote($host)) . '$',
    environment_list('TRUSTED_HOSTS'),
  );
}
// Without a way out, the advisories feed holds /admin/config and cron until the resolver gives up.
if (environment('OUTBOUND') === 'off') {
  $config['system.advisories']['enabled'] = FALSE;
}
// Cron is a task of its own, not a visitor's request.
$config['automated_cron.settings']['interval'] = 0;
$config['system.logging']['error_level'] = 'hide';

<?php
declare(strict_types=1);
namespace Canary;

/** Who answers: this container, and the task it belongs to where the ECS metadata endpoint says so. */
function identity(): array
{
    static $identity = null;
    return $identity ??= [
        'release' => \Stack\environment('RELEASE') ?? \Stack\environment('IMAGE_DIGEST') ?? 'none',
        'host' => (string) gethostname(),
        'pid' => getmypid(),
        'address' => $_SERVER['SERVER_ADDR'] ?? null,
    ] + task();
}

/** Task and zone from the metadata endpoint (version 4), asked once and then kept for all workers. */
function task(): array
{
    $none = ['task' => null, 'zone' => null];
    $endpoint = \Stack\environment('ECS_CONTAINER_METADATA_URI_V4');
    if ($endpoint === null) {
        return $none;
    }
    $known = apcu_enabled() ? apcu_fetch('task') : false;
    if (is_array($known)) {
        return $known;
    }
    $text = @file_get_contents("$endpoint/task", false, stream_context_create(['http' => ['timeout' => 0.5]]));
    $document = $text === false ? null : json_decode($text, true);
    if (!isset($document['TaskARN'])) {
        return $none;
    }
    $task = ['task' => basename($document['TaskARN']), 'zone' => $document['AvailabilityZone'] ?? null];
    if (apcu_enabled()) {
        apcu_store('task', $task);
    }
    return $task;
}

/** One JSON line in the container's log. */
function event(string $kind, array $fields): void
{
    $line = ['t' => gmdate('Y-m-d\TH:i:s') . sprintf('.%03dZ', (int) (fmod(microtime(true), 1) * 1000)), 'kind' => $kind];
    file_put_contents('php://stderr', json_encode($line + $fields + identity(), JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
}

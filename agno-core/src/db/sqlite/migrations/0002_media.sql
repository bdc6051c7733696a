-- Bytes of media, which lie beside the rows that name them.
CREATE TABLE ~media (
    run INTEGER NOT NULL,
    digest TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (run, digest)
);

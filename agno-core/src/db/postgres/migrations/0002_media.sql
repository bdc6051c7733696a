-- Bytes of media, which lie beside the rows that name them.
CREATE TABLE media (
    run BIGINT NOT NULL,
    digest TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (run, digest)
);

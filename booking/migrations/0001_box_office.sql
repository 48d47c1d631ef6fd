-- The box office: who may sit where, who holds what, and where every won went.
--
-- One SQL for MySQL 8.4+ and MariaDB 10.11+. Every table names its character set, because a server's
-- default differs. Money is signed BIGINT won; times are UTC in DATETIME(6).

CREATE TABLE users (
    id         BIGINT      NOT NULL PRIMARY KEY,
    created_at DATETIME(6) NOT NULL
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE balances (
    user_id BIGINT NOT NULL PRIMARY KEY,
    balance BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT balance_not_negative CHECK (balance >= 0),
    CONSTRAINT balance_of_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE concerts (
    id                 BIGINT       NOT NULL PRIMARY KEY AUTO_INCREMENT,
    title              VARCHAR(200) NOT NULL,
    venue              VARCHAR(200) NOT NULL,
    time_zone          VARCHAR(64)  NOT NULL DEFAULT 'Asia/Seoul',
    queue              VARCHAR(64)  NOT NULL DEFAULT 'main',
    max_seats_per_user INT          NOT NULL DEFAULT 4,
    cancel_until_hours INT          NULL,
    CONSTRAINT concert_title UNIQUE (title)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE concert_dates (
    id             BIGINT      NOT NULL PRIMARY KEY AUTO_INCREMENT,
    concert_id     BIGINT      NOT NULL,
    date           DATE        NOT NULL,
    starts_at      DATETIME(6) NOT NULL,
    sales_open_at  DATETIME(6) NOT NULL,
    sales_close_at DATETIME(6) NOT NULL,
    CONSTRAINT one_performance_a_date UNIQUE (concert_id, date),
    CONSTRAINT date_of_concert FOREIGN KEY (concert_id) REFERENCES concerts (id)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE reservations (
    id              BINARY(16)  NOT NULL PRIMARY KEY,
    user_id         BIGINT      NOT NULL,
    concert_date_id BIGINT      NOT NULL,
    status          ENUM ('reserved', 'paid', 'refunded', 'expired', 'released') NOT NULL,
    amount          BIGINT      NOT NULL,
    created_at      DATETIME(6) NOT NULL,
    expires_at      DATETIME(6) NOT NULL,
    paid_at         DATETIME(6) NULL,
    closed_at       DATETIME(6) NULL,
    KEY reservations_of_user (user_id, id),
    CONSTRAINT reservation_amount CHECK (amount >= 0),
    CONSTRAINT reservation_of_date FOREIGN KEY (concert_date_id) REFERENCES concert_dates (id)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

-- A hold is a seat with `held`, its reservation and its end. `reservation_id` has no foreign key: a
-- thief writes the seat before the reservation exists, and the audit proves what a key would.
CREATE TABLE seats (
    id              BIGINT      NOT NULL PRIMARY KEY AUTO_INCREMENT,
    concert_date_id BIGINT      NOT NULL,
    seat_number     INT         NOT NULL,
    section         VARCHAR(40) NOT NULL,
    row_label       VARCHAR(20) NOT NULL,
    seat_label      VARCHAR(20) NOT NULL,
    price           BIGINT      NOT NULL,
    status          ENUM ('available', 'held', 'sold', 'blocked') NOT NULL DEFAULT 'available',
    reservation_id  BINARY(16)  NULL,
    hold_expires_at DATETIME(6) NULL,
    CONSTRAINT seat_number_once UNIQUE (concert_date_id, seat_number),
    CONSTRAINT seat_place_once UNIQUE (concert_date_id, section, row_label, seat_label),
    KEY seats_by_hold (hold_expires_at),
    KEY seats_by_status (concert_date_id, status),
    CONSTRAINT seat_price CHECK (price >= 1),
    CONSTRAINT seat_of_date FOREIGN KEY (concert_date_id) REFERENCES concert_dates (id)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

-- `sold` is 1 or NULL, so that the unique key counts sold seats only: the second guard against
-- selling a seat twice, while lapsed holds may stand as often as they happened.
CREATE TABLE reservation_seats (
    reservation_id BINARY(16) NOT NULL,
    seat_id        BIGINT     NOT NULL,
    price          BIGINT     NOT NULL,
    sold           TINYINT    NULL,
    PRIMARY KEY (reservation_id, seat_id),
    CONSTRAINT seat_sold_once UNIQUE (seat_id, sold)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE payments (
    id             BINARY(16)  NOT NULL PRIMARY KEY,
    reservation_id BINARY(16)  NOT NULL,
    user_id        BIGINT      NOT NULL,
    amount         BIGINT      NOT NULL,
    paid_at        DATETIME(6) NOT NULL,
    refunded_at    DATETIME(6) NULL,
    CONSTRAINT one_payment_a_reservation UNIQUE (reservation_id)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

-- The ledger: append-only. `ref` is what the entry is about: a payment's id, or a charge's own.
CREATE TABLE balance_history (
    id            BIGINT      NOT NULL PRIMARY KEY AUTO_INCREMENT,
    user_id       BIGINT      NOT NULL,
    kind          ENUM ('charge', 'payment', 'refund') NOT NULL,
    ref           BINARY(16)  NOT NULL,
    amount        BIGINT      NOT NULL,
    balance_after BIGINT      NOT NULL,
    created_at    DATETIME(6) NOT NULL,
    KEY history_of_user (user_id, id),
    CONSTRAINT ledger_entry_once UNIQUE (ref, kind),
    CONSTRAINT ledger_amount CHECK (amount > 0)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE idempotency_keys (
    user_id       BIGINT         NOT NULL,
    idem_key      VARBINARY(255) NOT NULL,
    fingerprint   BINARY(32)     NOT NULL,
    http_status   SMALLINT       NOT NULL,
    body          MEDIUMBLOB     NOT NULL,
    revoke_ticket BIGINT         NULL,
    created_at    DATETIME(6)    NOT NULL,
    PRIMARY KEY (user_id, idem_key),
    KEY idempotency_by_age (created_at)
) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin;

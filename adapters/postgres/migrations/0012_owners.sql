-- Whose a challenge is of which a user may have several, such as the tickets of logins and the devices that are known; and
-- the personal data of a session goes when its user is erased. A running older version leaves owner_id null.
alter table users.challenge add column owner_id uuid;
create index challenge_of_owner on users.challenge (owner_id) where owner_id is not null;
create index session_of_user on users.session (user_id);
grant update (sealed) on users.session to bank_users;
